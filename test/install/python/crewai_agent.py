"""A crew of CrewAI as an agent of a fleet."""

from crewai import LLM, Agent, Crew, Task

from drover_agent.crewai import serve

guide = Agent(role="Guide", goal="Answer questions", backstory="Knows the planets", llm=LLM(model="openai/gpt-4o"))
answer = Task(description="{input}", expected_output="one sentence", agent=guide)
serve(Crew(agents=[guide], tasks=[answer]))
