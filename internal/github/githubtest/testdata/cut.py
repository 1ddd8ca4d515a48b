"""Cuts GitHub's OpenAPI description down to the operations that we use.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
    python3 cut.py package/generated/api.github.com.json > api.github.com.json

The whole description has 13 MB and takes two seconds to load. What stays is
what a validator reads (parameters, bodies, schemas), GitHub's link to the
documentation of each operation, and nothing else: no descriptions, no examples.
"""

import json
import sys

OPERATIONS = [
    "actions/list-repo-variables",
    "actions/get-repo-variable",
    "actions/create-repo-variable",
    "actions/update-repo-variable",
    "actions/create-workflow-dispatch",
    "issues/list-for-repo",
    "issues/create",
    "issues/update",
    "issues/create-comment",
    "repos/create-dispatch-event",
]

# Answers without a description of their own are held to this schema.
ALSO = ["#/components/schemas/basic-error"]

PROSE = {"summary", "description", "example", "examples", "tags"}

# Keywords whose values are keyed by names of GitHub's and not by keywords.
NAMED = {"properties", "schemas", "responses", "content", "headers"}

# Keywords whose values are data.
DATA = {"enum", "default", "required"}


def bare(node):
    """The node without its prose."""
    if isinstance(node, list):
        return [bare(n) for n in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if key in PROSE or key.startswith("x-"):
            continue
        if key in DATA:
            kept[key] = value
        elif key in NAMED and isinstance(value, dict):
            kept[key] = {name: bare(v) for name, v in value.items()}
        else:
            kept[key] = bare(value)
    for response in kept.get("responses", {}).values():
        described(response)
    return kept


def described(response):
    """A response must have a description, be it an empty one."""
    if "$ref" not in response:
        response["description"] = ""


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def main(path):
    with open(path, encoding="utf-8") as file:
        whole = json.load(file)
    paths = {}
    for where, item in whole["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and operation.get("operationId") in OPERATIONS:
                paths.setdefault(where, {})[method] = bare(operation)
    found = {o["operationId"] for item in paths.values() for o in item.values()}
    if missing := set(OPERATIONS) - found:
        sys.exit(f"{path}: expected the operations {sorted(missing)}")

    components, queue = {}, list(references(paths)) + ALSO
    while queue:
        _, _, kind, name = queue.pop().split("/")
        if name in components.setdefault(kind, {}):
            continue
        components[kind][name] = bare(whole["components"][kind][name])
        if kind == "responses":
            described(components[kind][name])
        queue.extend(references(components[kind][name]))

    info = {k: whole["info"][k] for k in ("title", "version", "license")}
    json.dump(
        {"openapi": whole["openapi"], "info": info, "paths": paths, "components": components},
        sys.stdout, indent=1, sort_keys=True, ensure_ascii=False,
    )
    print()


if __name__ == "__main__":
    main(sys.argv[1])
