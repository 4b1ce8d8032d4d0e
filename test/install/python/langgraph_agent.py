"""A LangGraph graph as an agent of a fleet."""

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from drover_agent.langgraph import serve

USAGE = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
model = GenericFakeChatModel(messages=iter([AIMessage("Mars is red.", usage_metadata=USAGE)] * 9))


def answer(state: MessagesState):
    return {"messages": [model.invoke(state["messages"])]}


graph = StateGraph(MessagesState)
graph.add_node("answer", answer)
graph.add_edge(START, "answer")
graph.add_edge("answer", END)
serve(graph.compile())
