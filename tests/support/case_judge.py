#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judge drafted NetworkPolicy YAML against one case (needs python3-yaml and python3-jsonschema).

usage: tests/support/case_judge.py CASE.json POLICIES.yaml      exit 0 = pass
A tuple is a connection of the case: pod, direction, peer, protocol and port.
`allow` tuples are judged STRICT (ipBlock never matches an in-cluster pod IP or a ClusterIP; selectors never
match hostNetwork pods); `deny` tuples are judged LOOSE (both may match).  A draft that passes both holds on
CNIs of either kind.  A tuple is one-sided: only policies that select tuple.pod in tuple.direction count.
"""
import ipaddress, json, os, re, sys
import yaml, jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = json.load(open(os.path.join(HERE, '..', 'corpus', 'netpol', 'networkpolicy.schema.json')))

class StrictLoader(yaml.SafeLoader):
    pass
def _map(loader, node, deep=False):
    seen = {}
    for k, v in node.value:
        key = loader.construct_object(k, deep=True)
        if key in seen:
            raise yaml.YAMLError('duplicate key %r line %d' % (key, k.start_mark.line + 1))
        seen[key] = loader.construct_object(v, deep=True)
    return seen
StrictLoader.add_constructor('tag:yaml.org,2002:map', _map)
# Other YAML readers (YAML 1.1 y/n, go-yaml 1e3, YAML 1.2 0o17) do not read these plain scalars as strings.
def _ambiguous(loader, node):
    raise yaml.YAMLError('quote the plain scalar %r' % node.value)
StrictLoader.add_implicit_resolver('!ambiguous', re.compile(r'^(?:[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|0o[0-7]+|[yYnN])$'), list('+-0123456789yYnN'))
StrictLoader.add_constructor('!ambiguous', _ambiguous)

def load(text):
    return [d for d in yaml.load_all(text, Loader=StrictLoader) if d is not None]

def lint(docs):
    """Lists the problems that an API server (strict field validation) or kubectl apply would have with these documents."""
    bad, names = [], set()
    for n, d in enumerate(docs):
        for e in jsonschema.Draft7Validator(SCHEMA).iter_errors(d):
            bad.append('doc %d %s: %s' % (n, '/'.join(map(str, e.absolute_path)), e.message[:160]))
        if bad:
            continue
        key = (d['metadata'].get('namespace'), d['metadata']['name'])
        if key[0] is None:
            bad.append('doc %d: no namespace' % n)
        if key in names:
            bad.append('doc %d: name %s/%s used twice (second apply replaces the first)' % ((n,) + key))
        names.add(key)
        for rules, peers in ((d['spec'].get('ingress', []), 'from'), (d['spec'].get('egress', []), 'to')):
            for r in rules:
                for p in r.get('ports', []):
                    if p.get('endPort', 1 << 20) < (p.get('port') if isinstance(p.get('port'), int) else 0):
                        bad.append('doc %d: endPort < port' % n)
                for p in r.get(peers, []):
                    b = p.get('ipBlock')
                    if not b:
                        continue
                    try:
                        net = ipaddress.ip_network(b['cidr'])          # strict: host bits must be zero
                        if str(net) != b['cidr']:
                            bad.append('doc %d: cidr %s not canonical' % (n, b['cidr']))
                        for x in b.get('except', []):
                            ex = ipaddress.ip_network(x)
                            if ex.version != net.version or ex.prefixlen <= net.prefixlen or not ex.subnet_of(net):
                                bad.append('doc %d: except %s not strictly inside %s' % (n, x, net))
                    except ValueError as e:
                        bad.append('doc %d: %s' % (n, e))
        if d['spec'].get('ingress') and 'Ingress' not in d['spec']['policyTypes'] or \
           d['spec'].get('egress') and 'Egress' not in d['spec']['policyTypes']:
            bad.append('doc %d: rules for a direction missing from policyTypes' % n)
    return bad

def sel(s, labels):
    """Matches labels as k8s.io/apimachinery does: {} matches everything, NotIn matches a missing key. `s` must not be None."""
    for k, v in (s.get('matchLabels') or {}).items():
        if k not in labels or labels[k] != v:
            return False
    for e in s.get('matchExpressions') or []:
        k, op, vs, has = e['key'], e['operator'], e.get('values') or [], e['key'] in labels
        ok = {'In': has and labels.get(k) in vs, 'NotIn': not has or labels[k] not in vs,
              'Exists': has, 'DoesNotExist': not has}[op]
        if not ok:
            return False
    return True

class World:
    def __init__(self, case):
        self.pods = case.get('pods', []) + case.get('futurePods', [])
        self.byname = {p['namespace'] + '/' + p['name']: p for p in self.pods}
        self.ns = {n['name']: dict(n.get('labels') or {}, **{'kubernetes.io/metadata.name': n['name']}) for n in case.get('namespaces', [])}
        for p in self.pods:
            self.ns.setdefault(p['namespace'], {'kubernetes.io/metadata.name': p['namespace']})
        self.vips = {ip for s in case.get('services', []) for ip in s.get('clusterIPs', []) if ip != 'None'}
        self.node = {n['name']: set(n['ips']) for n in case.get('nodes', [])}
        for p in self.pods:
            if p.get('hostNetwork'):
                self.node.setdefault(p.get('node'), set()).update(p['ips'])
    def at(self, ip):
        return [p for p in self.pods if any(ipaddress.ip_address(i) == ip for i in p.get('ips', []))]

def allowed(w, docs, t, strict):
    pod, ip = w.byname[t['pod']], ipaddress.ip_address(t['peer'])
    if getattr(ip, 'ipv4_mapped', None):
        ip = ip.ipv4_mapped
    ingress = t['direction'] == 'ingress'
    if ip.is_loopback or pod in w.at(ip) or pod.get('hostNetwork'):
        return True                                    # policies do not apply, or the API does not define whether they do
    if ingress and str(ip) in w.node.get(pod.get('node'), ()):
        return True                                    # the pod's own node
    typ, rules, peers = ('Ingress', 'ingress', 'from') if ingress else ('Egress', 'egress', 'to')
    pols = [d for d in docs if d['metadata'].get('namespace', 'default') == pod['namespace']
            and typ in (d['spec'].get('policyTypes') or (['Ingress'] + (['Egress'] if d['spec'].get('egress') else [])))
            and sel(d['spec'].get('podSelector') or {}, pod.get('labels') or {})]
    if not pols:
        return True                                    # not isolated in this direction
    peerpods = [p for p in w.at(ip) if not (strict and p.get('hostNetwork'))]
    internal = any(not p.get('hostNetwork') for p in w.at(ip)) or str(ip) in w.vips
    def port_ok(p):
        if p.get('protocol', 'TCP') != t['protocol']:
            return False
        n = p.get('port')
        if n is None:
            return True
        if isinstance(n, str):
            dst = [pod] if ingress else peerpods
            return any(c['name'] == n and c['containerPort'] == t['port'] and c.get('protocol', 'TCP') == t['protocol']
                       for d in dst for c in d.get('ports', []))
        return n <= t['port'] <= p.get('endPort', n)
    def peer_ok(p, ns):
        b = p.get('ipBlock')
        if b:
            hit = lambda c: ip in ipaddress.ip_network(c, strict=False)
            return not (strict and internal) and hit(b['cidr']) and not any(hit(x) for x in b.get('except', []))
        return any(sel(p.get('podSelector') or {}, q.get('labels') or {}) and
                   (sel(p['namespaceSelector'], w.ns[q['namespace']]) if p.get('namespaceSelector') is not None else q['namespace'] == ns)
                   for q in peerpods)
    return any((not r.get('ports') or any(port_ok(p) for p in r['ports'])) and
               (not r.get(peers) or any(peer_ok(p, d['metadata'].get('namespace', 'default')) for p in r[peers]))
               for d in pols for r in d['spec'].get(rules) or [])

def judge(case, text):
    try:
        docs = load(text)
    except Exception as e:
        return ['yaml: %s' % e]
    bad = lint(docs)
    if bad:
        return bad
    w = World(case)
    s = lambda t: '%(pod)s %(direction)s %(protocol)s %(peer)s:%(port)s' % t
    bad += ['must allow: ' + s(t) for t in case.get('allow', []) if not allowed(w, docs, t, True)]
    bad += ['must deny:  ' + s(t) for t in case.get('deny', []) if allowed(w, docs, t, False)]
    return bad

if __name__ == '__main__':
    case = json.load(open(sys.argv[1]))
    out = judge(case, open(sys.argv[2]).read() if sys.argv[2] != '-' else sys.stdin.read())
    print('\n'.join(out) or 'pass')
    sys.exit(1 if out else 0)
