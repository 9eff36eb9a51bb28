"""A Ray cluster on this machine, in a process of its own: it obeys lines of JSON, and ends when they end.

The first line that it prints is the cluster's address. `{"add": {"num_cpus": 1}}` adds a node and prints its
number, `{"kill": 1}` kills that node as a power cut would, and prints the ids of the processes that it had.
"""

import json
import os
import signal
import sys
import tempfile

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # it listens on 127.0.0.1 only
    "RAY_worker_niceness": "0",  # by default, jobs get almost nothing of a busy processor
    "KNOWN_SECONDS": "0.3",  # an epoch of the trainer `known`
    # a lost node is noticed after 2 s instead of 20
    "RAY_health_check_initial_delay_ms": "500",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}

from ray.cluster_utils import Cluster


def processes(node):
    return [entry.process.pid for entries in node.all_processes.values() for entry in entries]


def main():
    given = {"object_store_memory": 100_000_000}
    head = {"num_cpus": 2, "include_dashboard": False, **given}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.head_node]
    print(cluster.address, flush=True)
    for line in sys.stdin:
        ((command, value),) = json.loads(line).items()
        if command == "add":
            nodes.append(cluster.add_node(**given, node_ip_address=f"127.0.0.{len(nodes) + 1}", **value))
            answer = len(nodes) - 1
        else:
            answer = processes(nodes[value])
            if value and nodes[value] in cluster.worker_nodes:
                cluster.remove_node(nodes[value], allow_graceful=False)
            elif not value:
                for pid in answer:
                    os.kill(pid, signal.SIGKILL)
        print(json.dumps(answer), flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ray-nodes-", ignore_cleanup_errors=True) as own:
        # devices are leased, and files left over, apart from those of other processes of the machine
        os.environ |= {"PARETOCAPS_HOST_FOLDER": own, "TMPDIR": own}
        main()
