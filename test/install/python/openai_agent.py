"""An agent of the OpenAI Agents SDK as an agent of a fleet."""

from agents import Agent, set_tracing_disabled

from drover_agent.openai_agents import serve

set_tracing_disabled(True)
serve(Agent(name="Guide", instructions="Answer in one sentence.", model="gpt-5"))
