"""Where a shared server can be reached: printed before it starts."""

import argparse
import os
import socket
from contextlib import suppress


def addresses() -> list[str]:
    """The machine's addresses in its networks: the one that leads outside, and those of its name."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):  # no network leads outside
        probe.connect(("192.0.2.1", 9))  # an address for documentation: nothing is sent
        found.append(probe.getsockname()[0])
    with suppress(OSError):  # the machine does not know its own name
        found += [info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [address for address in dict.fromkeys(map(str, found)) if not address.startswith("127.")]


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--server.port", dest="port", default=os.environ.get("STREAMLIT_SERVER_PORT", "8501"))
    port = parser.parse_known_args()[0].port
    there = [f"http://{address}:{port}" for address in addresses()]
    if there:
        print(f"· SeqViz for a class, at {' or '.join(there)} (stop it with Ctrl+C)")
    else:
        print(f"· SeqViz is open to the network on port {port}, but this machine has no address in one yet")


if __name__ == "__main__":
    main()
