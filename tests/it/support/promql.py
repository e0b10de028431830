"""Reads PromQL expressions, one JSON string a line, and answers each with the series that it selects:
a list of names with the labels that it matches or groups by, or what is wrong with it."""

import json
import sys

import promql_parser as promql


def selectors(node):
    """Every selector below a node, with the labels of the groupings around it."""
    found = []

    def walk(node, labels):
        kind = type(node).__name__
        if kind == "VectorSelector":
            matched = [matcher.name for matcher in node.matchers.matchers]
            found.append({"name": node.name, "labels": sorted(set(labels) | set(matched))})
        elif kind == "MatrixSelector":
            walk(node.vector_selector if hasattr(node, "vector_selector") else node.vs, labels)
        elif kind == "AggregateExpr":
            modifier = node.modifier
            grouped = list(modifier.labels) if modifier is not None else []
            walk(node.expr, labels + grouped)
        elif kind == "BinaryExpr":
            walk(node.lhs, labels)
            walk(node.rhs, labels)
        elif kind == "Call":
            for argument in node.args:
                walk(argument, labels)
        elif kind in ("ParenExpr", "UnaryExpr", "SubqueryExpr"):
            walk(node.expr, labels)

    walk(node, [])
    return found


for line in sys.stdin:
    try:
        answer = {"selectors": selectors(promql.parse(json.loads(line)))}
    except ValueError as problem:
        answer = {"problem": str(problem)}
    print(json.dumps(answer))
