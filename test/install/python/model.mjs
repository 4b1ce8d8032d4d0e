/**
 * The model of the tests' agents: aimock on loopback, as OpenAI's API. It hands over where it has the tool for it, else
 * it answers. Its first argument is aimock's own file.
 */
const { LLMock } = await import(process.argv[2]);
const mock = new LLMock({ port: 0 });
const usage = { input_tokens: 12, output_tokens: 3, prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
const invoke = { name: 'invoke', arguments: JSON.stringify({ name: 'Writer', request: 'Which colour has Mars?' }) };
const mayInvoke = ({ tools = [] }) => tools.some((tool) => (tool.function ?? tool).name === 'invoke');
mock.on({ predicate: mayInvoke }, { toolCalls: [invoke], usage });
mock.on({ predicate: () => true }, { content: 'Mars is red.', usage });
await mock.start();
console.log(mock.url);
