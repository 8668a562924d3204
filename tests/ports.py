"""Ports for servers that have to be told theirs, and listen a while later."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack
from random import SystemRandom

_PORTS = range(20_000, 32_000, 10)
"""Where nobody gets a port who asks for any: systems give those from 32768 on.

So none of the many servers and connections that tests open meanwhile takes it.
"""

_BY_CHANCE = SystemRandom()


def free_port(also: Iterable[int] = ()) -> int:
    """Return a port of this machine that nobody listens on.

    Args:
        also: How much greater others are that have to be free, too.
    """
    for port in _BY_CHANCE.sample(_PORTS, len(_PORTS)):
        try:
            with ExitStack() as stack:
                for each in {0, *also}:
                    stack.enter_context(socket.create_server(("127.0.0.1", port + each)))
        except OSError:
            continue
        return port
    msg = "no port is free"
    raise AssertionError(msg)
