"""A LangGraph graph as an agent of a fleet."""

from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph

from drover_agent.langgraph import serve

model = ChatOpenAI(model="gpt-5")


async def answer(state: MessagesState):
    return {"messages": [await model.ainvoke(state["messages"])]}


graph = StateGraph(MessagesState)
graph.add_node("answer", answer)
graph.add_edge(START, "answer")
graph.add_edge("answer", END)
serve(graph.compile())
