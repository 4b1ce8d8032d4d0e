/**
 * The model behind the real agents: aimock on loopback, which answers as the last prompt says. Its first argument
 * is aimock's own file.
 */
const { LLMock } = await import(process.argv[2]);
const mock = new LLMock({ port: 0 });

const textOf = ({ content }) =>
  typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n');
const users = ({ messages }) => messages.filter(({ role }) => role === 'user').map(textOf);
const now = (request, word) => (users(request).at(-1) ?? '').includes(word);
const ever = (request, word) => users(request).some((text) => text.includes(word));
const on = (predicate, response) => mock.on({ predicate }, response);

on((request) => now(request, 'hit the limit'), {
  error: { message: 'This request would exceed your rate limit', type: 'rate_limit_error' },
  status: 429,
  retryAfter: 600,
});
on((request) => now(request, 'use a wrong key'), {
  error: { message: 'invalid x-api-key', type: 'authentication_error' },
  status: 401,
});
mock.on(
  { predicate: (request) => now(request, 'make a file'), hasToolResult: false },
  { toolCalls: [{ name: 'Bash', arguments: JSON.stringify({ command: 'touch made', description: 'Makes a file' }) }] },
);
mock.on({ predicate: (request) => now(request, 'make a file'), hasToolResult: true }, { content: 'the file is made' });
on((request) => now(request, 'what was before') && ever(request, 'make a file'), {
  content: 'before, a file was made',
});
on((request) => now(request, 'what was before') && ever(request, 'say a word'), { content: 'before, a word was said' });
/** A letter of examples/mars, passed on by the tool of Drover's MCP server as the model sees it. */
const isLetter = (request) => ever(request, 'The request of Orchestrator to you:\nletters:');
const letter = { invocations: [{ agent: 'Orchestrator', request: 'letters:M' }] };
mock.on(
  { predicate: isLetter, hasToolResult: false },
  { toolCalls: [{ name: 'mcp__drover__invoke', arguments: JSON.stringify(letter) }] },
);
mock.on({ predicate: isLetter, hasToolResult: true }, { content: 'The letter is passed on.' });
on((request) => now(request, 'pass it to B'), {
  content: 'Over to B.\n\n```drover\n{"action": "invoke", "invocations": [{"agent": "B", "request": "go"}]}\n```',
});
on(() => true, { content: 'the answer', usage: { input_tokens: 7, output_tokens: 5 } });

await mock.start();
console.log(mock.url);
