"""Transactional mail: a program of the institution has one mail of a template sent to one address.

1. `library` takes templates in, lists them and shows what readers would get.
2. `sending` checks what a program asks for, and queues it in the outbox, once.
3. `writing` makes the message when its turn in the outbox has come.
4. `ledger` tells what became of each.
"""
