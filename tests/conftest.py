"""What is so for every test."""

import signal

# A shell ignores them for a job in the background, and `nohup` does; so would every service that the tests start.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
