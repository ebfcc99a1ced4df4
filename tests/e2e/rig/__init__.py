"""The fault rig: real processes, a faulty network, strict clients and one checker of what must hold."""
