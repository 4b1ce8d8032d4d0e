"""An agent of the OpenAI Agents SDK as an agent of a fleet, with a model of its own that needs no network."""

from agents import Agent, Model, ModelResponse, RunConfig, Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from drover_agent.openai_agents import serve


class FakeModel(Model):
    """Hands over where it may, else answers."""

    async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
        usage = Usage(requests=1, input_tokens=12, output_tokens=3, total_tokens=15)
        if any(tool.name == "invoke" for tool in tools):
            arguments = '{"name": "Writer", "request": "Which colour has Mars?"}'
            call = ResponseFunctionToolCall(name="invoke", arguments=arguments, call_id="c", type="function_call")
            return ModelResponse(output=[call], usage=usage, response_id=None)
        text = ResponseOutputText(text="Mars is red.", type="output_text", annotations=[])
        said = ResponseOutputMessage(id="m", content=[text], role="assistant", status="completed", type="message")
        return ModelResponse(output=[said], usage=usage, response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError


serve(Agent(name="A", instructions="Answer.", model=FakeModel()), run_config=RunConfig(tracing_disabled=True))
