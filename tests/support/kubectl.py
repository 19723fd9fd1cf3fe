#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for kubectl and the cluster behind it, for tests. A test links it as `kubectl` into a folder of PATH.

KUBECTL_STORE names a folder. Its file `cluster.json` has the objects and the behaviour:

    nodes       names, or {name: status}
    objects     pods, deployments and others, as the API has them
    refuse      {words: message}: a call whose arguments contain the words fails with the message on stderr
    start       seconds from the creation of a pod until its container runs
    waiting     {node: [reason, message]}: the container of a pod on that node never runs
    cut         seconds until a stream is cut by an error; 0: never
    records     the file of the records that an agent reads; NODE in it stands for the name of its node
    slow        seconds before each answer
    agent       the words with which an agent fails at once

The file `calls` gets the arguments of each call, a line each; `agents` the process of each agent that an exec started. An agent
is a real polecat, in a session of its own: as on a node, it does not end with its client, only with its standard input.
"""
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

STORE = os.environ["KUBECTL_STORE"]
POLECAT = os.environ["KUBECTL_POLECAT"]
VALUES = {"-n", "--namespace", "-o", "--output", "-l", "--selector", "-f", "--filename", "-c", "--container", "--field-selector",
          "--kubeconfig", "--context", "--as", "--request-timeout", "--timeout"}
NAMES = {"-n": "--namespace", "-o": "--output", "-l": "--selector", "-f": "--filename", "-c": "--container"}
KINDS = {"po": "Pod", "pod": "Pod", "pods": "Pod", "deploy": "Deployment", "deployment": "Deployment", "sts": "StatefulSet",
         "ds": "DaemonSet", "rs": "ReplicaSet", "job": "Job"}


def fail(message, status=1):
    print(message, file=sys.stderr, flush=True)
    sys.exit(status)


def change(function):
    """Applies a function to the cluster, under a lock, and stores the result."""
    with open(os.path.join(STORE, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = os.path.join(STORE, "cluster.json")
        with open(path, encoding="utf-8") as file:
            cluster = json.load(file)
        answer = function(cluster)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(cluster, file)
        os.rename(path + ".new", path)
    return answer


def note(name, text):
    with open(os.path.join(STORE, name), "a", encoding="utf-8") as file:
        file.write(text + "\n")


def parse(words):
    """Returns the options, the other words, and the words after `--`."""
    options, rest = {}, []
    words = iter(words)
    for word in words:
        if word == "--":
            return options, rest, list(words)
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            rest.append(word)
        elif equals or name not in VALUES:
            options[NAMES.get(name, name)] = value if equals else "true"
        else:
            options[NAMES.get(name, name)] = next(words)
    return options, rest, []


def selects(selector, labels):
    for term in re.findall(r"[^,(]+(?:\([^)]*\))?", selector or ""):
        match = re.fullmatch(r"(\S+?) (in|notin) \((.*)\)", term)
        if match:
            if (labels.get(match[1]) in match[3].split(",")) != (match[2] == "in"):
                return False
        elif "=" in term:
            key, _, value = term.partition("=")
            if labels.get(key) != value:
                return False
        elif term.startswith("!") == (term.lstrip("!") in labels):
            return False
    return True


def with_status(cluster, pod):
    """Returns a pod with the status that it has by now."""
    if "made" not in pod:
        return pod
    status = {"phase": "Pending"}
    node = pod["spec"]["nodeName"]
    if node in cluster.get("waiting", {}):
        reason, message = cluster["waiting"][node]
        status["containerStatuses"] = [{"name": "polecat", "state": {"waiting": {"reason": reason, "message": message}}}]
    elif time.time() - pod["made"] < cluster.get("start", 0):
        status["containerStatuses"] = [{"name": "polecat", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    else:
        status = {"phase": "Running", "containerStatuses": [{"name": "polecat", "state": {"running": {}}}]}
    return {**pod, "status": status}


def listed(options, kind):
    space = options.get("--namespace", "default")
    every = "--all-namespaces" in options or "-A" in options

    def find(cluster):
        return [with_status(cluster, item) for item in cluster["objects"]
                if item["kind"] == kind and (every or item["metadata"].get("namespace") == space) and
                selects(options.get("--selector"), item["metadata"].get("labels", {}))]
    return change(find)


def get(options, rest):
    what = rest[1]
    if what == "nodes":
        nodes = change(lambda cluster: cluster["nodes"])
        for name in nodes:
            status = nodes[name] if isinstance(nodes, dict) else "Ready"
            print(f"{name}   {status}   <none>   8d   v1.32.13")
        return
    kind, slash, name = what.partition("/")
    found = listed(options, KINDS[kind])
    if options["--output"].startswith("jsonpath={range"):
        for item in found:
            print(item["spec"]["nodeName"], item["metadata"]["name"])
        return
    if slash:
        found = [item for item in found if item["metadata"]["name"] == name]
        if not found:
            fail(f'Error from server (NotFound): {kind} "{name}" not found')
        if options["--output"] == "jsonpath={.spec.nodeName}":
            print(found[0]["spec"].get("nodeName", ""), end="")
        else:
            print(json.dumps(found[0]))
    else:
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))


def create(options, _):
    made = json.load(sys.stdin)
    items = made["items"] if made["kind"] == "List" else [made]

    def add(cluster):
        for item in items:
            if item["kind"] == "Pod" or "namespace" in item["metadata"]:
                item["metadata"].setdefault("namespace", options.get("--namespace", "default"))
            item["made"] = time.time()
            same = [other for other in cluster["objects"] if (other["kind"], other["metadata"]["name"]) ==
                    (item["kind"], item["metadata"]["name"])]
            for other in same:
                cluster["objects"].remove(other)
            cluster["objects"].append(item)
            print(f"{item['kind'].lower()}/{item['metadata']['name']}")
    change(add)


def delete(options, rest):
    if "--filename" in options:
        given = {(item["kind"], item["metadata"]["name"]) for item in json.load(sys.stdin)["items"]}

        def gone(item):
            return (item["kind"], item["metadata"]["name"]) in given
    else:
        ended = "--field-selector" in options

        def gone(item):
            return (item["kind"] == KINDS[rest[1]] and (len(rest) < 3 or item["metadata"]["name"] in rest[2:]) and
                    item["metadata"].get("namespace") == options.get("--namespace", "default") and
                    selects(options.get("--selector"), item["metadata"].get("labels", {})) and
                    (not ended or item.get("status", {}).get("phase") in ("Succeeded", "Failed")))

    def remove(cluster):
        cluster["objects"] = [item for item in cluster["objects"] if not gone(item)]
    change(remove)


def copy(source, target):
    """Copies bytes until an end."""
    try:
        while data := os.read(source, 65536):
            os.write(target, data)
    except OSError:
        pass


def execute(options, rest, command):
    """Runs an agent in a session of its own, and copies its streams as `kubectl exec -i` does."""
    pods = [pod for pod in listed(options, "Pod") if pod["metadata"]["name"] == rest[1]]
    if not pods:
        fail(f'Error from server (NotFound): pods "{rest[1]}" not found')
    node = pods[0]["spec"]["nodeName"]
    cluster = change(lambda cluster: cluster)
    if command[0] == "polecat" and "--heartbeat" not in command:
        note("commands", " ".join(command))
        return
    if command[:2] != ["polecat", "trace"]:
        fail(f'error: Internal error occurred: exec: "{command[0]}": executable file not found in $PATH')
    if "agent" in cluster:
        fail(cluster["agent"] + "\ncommand terminated with exit code 3", 3)
    records = os.path.join(STORE, f"records-{node}")
    with open(cluster["records"], encoding="utf-8") as source, open(records, "w", encoding="utf-8") as target:
        target.write(source.read().replace("NODE", node))
    agent = subprocess.Popen(  # pylint: disable=consider-using-with
        [POLECAT, *command[1:], "--exec", f"cat '{records}'; sleep 100"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, "NODE_NAME": node})
    note("agents", str(agent.pid))
    threads = [threading.Thread(target=copy, args=pair, daemon=True)
               for pair in ((agent.stdout.fileno(), 1), (agent.stderr.fileno(), 2))]
    for thread in threads:
        thread.start()

    def feed():
        copy(0, agent.stdin.fileno())
        agent.stdin.close()
    threading.Thread(target=feed, daemon=True).start()
    if cluster.get("cut"):
        try:
            agent.wait(cluster["cut"])
        except subprocess.TimeoutExpired:
            note("cuts", node)
            print("error: error reading from error stream: next reader: read tcp: connection reset by peer",
                  file=sys.stderr, flush=True)
            os._exit(1)
    status = agent.wait()
    for thread in threads:
        thread.join(2)
    os._exit(status)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options, rest, command = parse(sys.argv[1:])
    note("calls", " ".join(sys.argv[1:]))
    cluster = change(lambda cluster: cluster)
    time.sleep(cluster.get("slow", 0))
    for words, message in cluster.get("refuse", {}).items():
        if all(word in sys.argv[1:] for word in words.split()):
            fail(message)
    actions = {"get": get, "create": create, "apply": create, "delete": delete, "wait": lambda *_: None}
    if rest[0] == "exec":
        execute(options, rest, command)
    elif rest[0] in actions:
        actions[rest[0]](options, rest)
    else:
        fail(f'error: unknown command "{rest[0]}" for "kubectl"')


main()
