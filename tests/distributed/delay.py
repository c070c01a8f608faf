# Copyright 2026 the Convlab authors. MIT license.
"""A cable with a delay, for kernels without netem: python3 delay.py MS TAP TAP

Makes two network devices, prints a line, and then passes the frames of each on
to the other after so many milliseconds, until it is ended.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

SET_DEVICE = 0x400454CA  # TUNSETIFF
TAP_WITHOUT_HEADER = 0x0002 | 0x1000  # IFF_TAP | IFF_NO_PI


def make(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), TAP_WITHOUT_HEADER)
    fcntl.ioctl(device, SET_DEVICE, request)
    return device


delay = float(sys.argv[1]) / 1000
one, other = (make(name) for name in sys.argv[2:4])
print("ready", flush=True)
peers = {one: other, other: one}
frames = collections.deque()  # Those under way: when each is due, and where.
while True:
    wait = max(0, frames[0][0] - time.monotonic()) if frames else None
    for device in select.select([one, other], [], [], wait)[0]:
        frame = os.read(device, 65536)
        frames.append((time.monotonic() + delay, peers[device], frame))
    while frames and frames[0][0] <= time.monotonic():
        _, device, frame = frames.popleft()
        try:
            os.write(device, frame)
        except OSError:
            pass  # Its other end is down: lost, as on a cable.
