# SPDX-License-Identifier: Apache-2.0
"""Evaluates NetworkPolicy v1 in the simplest way, without an index or a cache.

Follows the API's reference and shares nothing with core/policy/evaluate, which it checks. A world is a dict of lists of records
(pods, namespaces, nodes, services) as polecat reads them. Policies are objects in the form of the API server.
"""
import ipaddress

ORDER = ["allowed", "depends", "unknown", "denied"]
# Of two ends with the same verdict, the reason that comes first is reported.
REASONS = ["by-rule", "not-isolated", "loopback", "self", "own-node", "host-network", "protocol", "peer-labels", "self-service",
           "no-rule", "no-peer"]
NAME_LABEL = "kubernetes.io/metadata.name"


def address(text):
    ip = ipaddress.ip_address(text)
    return getattr(ip, "ipv4_mapped", None) or ip


def is_live(pod):
    return not pod.get("deleted") and pod.get("phase") not in ("Succeeded", "Failed")


def selects(selector, labels):
    """Returns whether a LabelSelector, which is not None, matches the labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for requirement in selector.get("matchExpressions") or []:
        key, values = requirement["key"], requirement.get("values") or []
        holds = {
            "In": key in labels and labels[key] in values,
            "NotIn": key not in labels or labels[key] not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }[requirement["operator"]]
        if not holds:
            return False
    return True


class Naive:
    def __init__(self, world, policies):
        self.world = world
        self.policies = policies

    def pods_at(self, ip):
        return [p for p in self.world["pods"] if is_live(p) and any(address(i) == ip for i in p["ips"])]

    def service_at(self, ip):
        for service in self.world["services"]:
            texts = service.get("cluster_ips", []) + service.get("lb_ips", [])
            if not service.get("deleted") and any(t != "None" and address(t) == ip for t in texts):
                return service
        return None

    def selects_namespace(self, selector, name, may):
        """Returns whether a selector selects a namespace. If the namespace has no record, only the label with its name is known.
        Requirements on other labels then count as met if `may` is set, else as not met."""
        labels = next((dict(n["labels"]) for n in self.world["namespaces"] if n["name"] == name), None)
        if labels is not None:
            return selects(selector, {**labels, NAME_LABEL: name})
        by_name = {"matchLabels": {k: v for k, v in (selector.get("matchLabels") or {}).items() if k == NAME_LABEL},
                   "matchExpressions": [e for e in selector.get("matchExpressions") or [] if e["key"] == NAME_LABEL]}
        others = (len(selector.get("matchLabels") or {}) + len(selector.get("matchExpressions") or [])
                  - len(by_name["matchLabels"]) - len(by_name["matchExpressions"]))
        return (may or not others) and selects(by_name, {NAME_LABEL: name})

    def node_addresses(self, name):
        found = set()
        if name is None:
            return found
        for node in self.world["nodes"]:
            if node["name"] == name and not node.get("deleted"):
                found |= {address(i) for i in node["ips"]}
        for pod in self.world["pods"]:
            if is_live(pod) and pod.get("host_network") and pod.get("node") == name:
                found |= {address(i) for i in pod["ips"]}
        return found

    def serves(self, service, port, endpoint):
        """Returns whether an endpoint of a Service without a selector serves the port. Compares the names of the ports, or their
        numbers if a name is missing."""
        if endpoint.get("protocol", port["protocol"]) != port["protocol"]:
            return False
        if endpoint.get("name") and port.get("name"):
            return endpoint["name"] == port["name"]
        others = [p for p in service["ports"] if p is not port and p["protocol"] == port["protocol"]]
        target = port.get("target_port", port["port"])
        if not others or target == endpoint["port"]:
            return True
        if not isinstance(target, int):
            # Several pods may have the address: prefer pods outside the host network, then the first by namespace and name.
            pods = sorted(self.pods_at(address(endpoint["ip"])),
                          key=lambda p: (bool(p.get("host_network")), p["namespace"], p["name"]))
            numbers = [p["port"] for p in (pods[0].get("ports", []) if pods else [])
                       if p.get("name") == target and p.get("protocol", "TCP") == port["protocol"]]
            if numbers:
                return numbers[0] == endpoint["port"]
        return all(p.get("target_port", p["port"]) != endpoint["port"] for p in others)

    def backends(self, service, port, ip):
        """Returns a list of (address, port number, port name, pods with the address). Unknown members are None. The port name is
        given only if the number is unknown."""
        out = []
        target = port.get("target_port", port["port"])
        if not service["selector"]:
            for endpoint in service.get("endpoints", []):
                if not self.serves(service, port, endpoint):
                    continue
                if address(endpoint["ip"]).version == ip.version:
                    where = address(endpoint["ip"])
                    out.append((where, endpoint["port"], None, self.pods_at(where)))
            return out
        for pod in self.world["pods"]:
            if not is_live(pod) or pod["namespace"] != service["namespace"]:
                continue
            if any(pod["labels"].get(k) != v for k, v in service["selector"].items()):
                continue
            if isinstance(target, int):
                number = target
            else:
                numbers = [p["port"] for p in pod.get("ports", [])
                           if p.get("name") == target and p.get("protocol", "TCP") == port["protocol"]]
                if not numbers:
                    continue
                number = numbers[0]
            same = [address(i) for i in pod["ips"] if address(i).version == ip.version]
            where = (same or [address(i) for i in pod["ips"]] or [None])[0]
            out.append((where, number, None, self.pods_at(where) if where else [pod]))
        if not out:
            out.append((None, target if isinstance(target, int) else None, None if isinstance(target, int) else target, None))
        return out

    def judge(self, flow, rewritten):
        ip = address(flow["peer"])
        if ip.is_loopback:
            return "allowed loopback"
        ingress = flow["direction"] == "ingress"
        kind, rules = ("Ingress", "ingress") if ingress else ("Egress", "egress")
        here = []
        for policy in self.policies:
            spec = policy["spec"]
            types = spec.get("policyTypes") or ["Ingress"] + (["Egress"] if spec.get("egress") else [])
            if policy["metadata"].get("namespace", "default") == flow["namespace"] and kind in types:
                here.append(policy)
        subjects = [p for p in self.world["pods"] if (p["namespace"], p["name"]) == (flow["namespace"], flow["pod"])]
        if not subjects:
            return "unknown no-labels" if here else "allowed not-isolated"
        subject = subjects[0]
        selecting = [p for p in here if selects(p["spec"].get("podSelector") or {}, subject["labels"])]

        service = None if rewritten or ingress else self.service_at(ip)
        ports = [p for p in service["ports"] if p["port"] == flow["port"] and p["protocol"] == flow["protocol"]] if service else []
        if not ports:
            ends = [(ip, flow["port"], None, self.pods_at(ip))]
        else:
            ends = self.backends(service, ports[0], ip)
            if not ends:
                if subject.get("host_network"):
                    return "allowed host-network"
                if not selecting:
                    return "allowed not-isolated"
                return "depends service-block" if self.block_has_service(flow, selecting, ip) else "unknown no-backend"
        verdict = self.worst(flow, subject, selecting, rules, ends, service if ports else None)
        if ports and verdict.split()[0] in ("denied", "unknown") and self.block_has_service(flow, selecting, ip):
            return "depends service-block"
        if ports or rewritten or ingress or ip not in self.node_addresses(subject.get("node")):
            return verdict
        # kube-proxy rewrites a pod's connections to a node port of the pod's own node. Other proxies may not rewrite them.
        for service in self.world["services"]:
            for port in service["ports"]:
                if flow["port"] and port.get("node_port") == flow["port"] and port["protocol"] == flow["protocol"]:
                    ends = self.backends(service, port, ip)
                    if not ends:
                        return verdict if verdict.split()[1] in ("host-network", "not-isolated") else "unknown no-backend"
                    behind = self.worst(flow, subject, selecting, rules, ends, service)
                    if behind.split()[0] in (verdict.split()[0], "unknown"):
                        return behind
                    return "depends " + min(verdict, behind, key=lambda v: ORDER.index(v.split()[0])).split()[1]
        return verdict

    @staticmethod
    def block_has_service(flow, selecting, ip):
        """Returns whether an address block allows the flow at a plugin that judges the Service's address before it is rewritten."""
        for policy in selecting:
            for rule in policy["spec"].get("egress") or []:
                inside = lambda cidr: ip in ipaddress.ip_network(cidr, strict=False)
                blocks = [p["ipBlock"] for p in rule.get("to") or [] if p.get("ipBlock")]
                port_fits = not rule.get("ports") or any(
                    ((p or {}).get("protocol") or "TCP") == flow["protocol"] and
                    ((p or {}).get("port") is None or (isinstance(p["port"], int) and
                                                       p["port"] <= flow["port"] <= (p.get("endPort") or p["port"])))
                    for p in rule["ports"])
                if port_fits and any(inside(b["cidr"]) and not any(inside(x) for x in b.get("except") or []) for b in blocks):
                    return True
        return False

    def worst(self, flow, subject, selecting, rules, ends, service):
        verdicts = [self.judge_end(flow, subject, selecting, rules, end, service) for end in ends]
        return max(verdicts, key=lambda v: (ORDER.index(v.split()[0]), -REASONS.index(v.split()[1])))

    def judge_end(self, flow, subject, selecting, rules, end, service):
        where, _, _, pods = end
        if where is not None and where.is_loopback:
            return "allowed loopback"
        if subject.get("host_network"):
            return "allowed host-network"
        # A flow of a pod that has ended, to an address of the pod, is a flow of the pod to itself.
        own = subject in (pods or []) or (not is_live(subject) and where in [address(ip) for ip in subject["ips"]])
        if own and not (service and selecting):
            return "allowed self"
        if rules == "ingress" and where in self.node_addresses(subject.get("node")):
            return "allowed own-node"
        if not selecting:
            return "allowed not-isolated"
        if self.any_rule(flow, subject, selecting, rules, end, service, strict=True):
            return "allowed by-rule"
        if flow["protocol"] not in ("TCP", "UDP", "SCTP"):
            return "depends protocol"
        if self.any_rule(flow, subject, selecting, rules, end, service, strict=False):
            return "depends by-rule"
        if self.any_rule(flow, subject, selecting, rules, end, service, strict=False, may=True):
            return "depends peer-labels"
        if own:
            return "depends self-service"
        return "denied no-rule" if end[1] else "unknown no-peer"

    def any_rule(self, flow, subject, selecting, rules, end, service, strict, may=False):
        peers = "from" if rules == "ingress" else "to"
        for policy in selecting:
            for rule in policy["spec"].get(rules) or []:
                port_fits = not rule.get("ports") or any(
                    self.port_fits(p or {}, flow, subject, rules, end, strict) for p in rule["ports"])
                peer_fits = not rule.get(peers) or any(
                    self.peer_fits(p, policy["metadata"].get("namespace", "default"), end, service, strict, may)
                    for p in rule[peers])
                if port_fits and peer_fits:
                    return True
        return False

    @staticmethod
    def port_fits(port, flow, subject, rules, end, strict):
        _, number, name, pods = end
        if (port.get("protocol") or "TCP") != flow["protocol"]:
            return False
        wanted = port.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, int):
            return wanted <= (number or 0) <= (port.get("endPort") or wanted)
        if pods is None:
            return wanted == name
        destinations = [subject] if rules == "ingress" else [p for p in pods if not (strict and p.get("host_network"))]
        return any(p.get("name") == wanted and p["port"] == number and p.get("protocol", "TCP") == flow["protocol"]
                   for d in destinations for p in d.get("ports", []))

    def peer_fits(self, peer, namespace, end, service, strict, may):
        where, _, _, pods = end
        block = peer.get("ipBlock")
        if block:
            internal = where is not None and (any(not p.get("host_network") for p in pods) or self.service_at(where))
            if where is None or (strict and internal):
                return False
            inside = lambda cidr: where in ipaddress.ip_network(cidr, strict=False)
            return inside(block["cidr"]) and not any(inside(x) for x in block.get("except") or [])
        if pods is None:
            candidates = [{"namespace": service["namespace"], "labels": service["selector"]}]
        else:
            candidates = [p for p in pods if not (strict and p.get("host_network"))]
        for candidate in candidates:
            if peer.get("podSelector") is not None and not selects(peer["podSelector"], candidate["labels"]):
                continue
            if peer.get("namespaceSelector") is not None:
                if self.selects_namespace(peer["namespaceSelector"], candidate["namespace"], may):
                    return True
            elif candidate["namespace"] == namespace:
                return True
        return False
