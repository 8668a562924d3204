"""Three instruments of a bay: one that is expected to be heard of, one that is not, a retired one.

Resources of a test begin with them; a line more is another instrument.
"""

INSTRUMENTS = """\
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  start: 2025-01-01
  devices:
    - {name: Pier, id: 1, scope: Pier, interval: 1h}
    - {name: Wharf, id: 2, scope: Wharf}
    - {name: Retired, id: 3, scope: Old, interval: 1h, until: 2025-02-01}
"""
PIER, WHARF, OLD = (f"/normalized/bay/{each}" for each in ("Pier", "Wharf", "Retired"))
