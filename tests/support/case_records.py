#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a case into the records that polecat reads (README, "Record format"), one JSON object per line.

usage: tests/support/case_records.py CASE.json | polecat policy -i -
Each flow becomes the events that a live source would send: TCP ok = attempt + established + closed (ingress: accepted + closed),
refused and timeout = attempt + failed, UDP = datagram, SCTP and unknown protocols = established.
"""
import ipaddress, json, sys

def record(kind, **fields):
    return json.dumps({'v': 1, 'kind': kind, **{k: v for k, v in fields.items() if v is not None}}, ensure_ascii=False)

def ports(entries):
    return [{k: v for k, v in (('name', p.get('name')), ('port', p.get('containerPort')), ('protocol', p.get('protocol', 'TCP'))) if v is not None}
            for p in entries] or None

def records(case):
    """Yields the lines of one case."""
    yield record('hello', node='case', kernel='none', polecat='case', started='2026-01-01T00:00:00Z', hooks=[])
    for n in case.get('namespaces', []):
        yield record('namespace', name=n['name'], labels=n.get('labels', {}))
    for n in case.get('nodes', []):
        yield record('node', name=n['name'], ips=n['ips'])
    pods = {}
    for p in case.get('pods', []):
        pods[p['namespace'] + '/' + p['name']] = p
        yield record('pod', namespace=p['namespace'], name=p['name'], uid=p.get('uid'), node=p.get('node'), ips=p.get('ips', []),
                     labels=p.get('labels', {}), host_network=p.get('hostNetwork', False), ports=ports(p.get('ports', [])),
                     owner=p.get('owner'), phase=p.get('phase', 'Running'))
    for s in case.get('services', []):
        yield record('service', namespace=s['namespace'], name=s['name'], type=s.get('type', 'ClusterIP'), cluster_ips=s.get('clusterIPs', []),
            lb_ips=s.get('loadBalancerIPs'), selector=s.get('selector') or {}, labels=s.get('labels'),
            ports=[{k: v for k, v in (('name', q.get('name')), ('protocol', q.get('protocol', 'TCP')), ('port', q.get('port')),
                                      ('target_port', q.get('targetPort')), ('node_port', q.get('nodePort'))) if v is not None} for q in s.get('ports', [])],
            endpoints=s.get('endpoints', []))
    for i, f in enumerate(case.get('flows', [])):
        pod = pods.get(f['pod'], {})
        ns, name = f['pod'].split('/')
        peer = f['peer']
        v6 = ipaddress.ip_address(peer).version == 6
        own = next((a for a in pod.get('ips', []) if (ipaddress.ip_address(a).version == 6) == v6), None) \
            or (pod.get('ips') or ['2001:db8::ffff' if v6 else '192.0.2.254'])[0]
        egress = f['direction'] == 'egress'
        base = dict(id='%016x' % (i + 1), node=pod.get('node', 'case'), direction=f['direction'], protocol=f['protocol'],
                    family=6 if v6 else 4, src=own if egress else peer, sport=40000 + i % 20000, dst=peer if egress else own,
                    dport=f['port'], pid=1000 + i, comm='app', namespace=ns, pod=name, container='app', dns=f.get('dns'))
        tcp, result = f['protocol'] == 'TCP', f.get('result', 'ok')
        if f['protocol'] == 'UDP' and result == 'ok':
            steps = [('datagram', {'count': 1})]
        elif not tcp and result == 'ok':
            steps = [('established', {})]
        elif result == 'ok':
            steps = ([('attempt', {}), ('established', {'latency_us': 900})] if egress else [('accepted', {})]) \
                + [('closed', {'tx_bytes': 100, 'rx_bytes': 200, 'duration_ms': 5})]
        else:
            steps = [('attempt', {}), ('failed', {'error': 'ECONNREFUSED' if result == 'refused' else 'ETIMEDOUT'})]
        for k, (event, extra) in enumerate(steps):
            yield record('flow', event=event, ts='2026-01-01T00:%02d:%02d.%09dZ' % (i // 60 % 60, i % 60, k * 1000), **base, **extra)

if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        print('\n'.join(records(json.load(file))))
