"""Whether mail arrives: what the DNS, the relays and the machine say, judged. Pure.

1. `finding` is one result of a check; `codes` lists all that there can be, with their states.
2. `spf`, `dkim_record`, `dmarc_record`, `hosts` and `inbound_tls` judge what the DNS holds of us;
   `tags` reads the form that most of these records have, `records` writes ours.
3. `machine` and `relay_tls` judge what the machine and the relays say; `providers` knows how some
   relays are named in SPF; `unfilled` finds settings that are examples still.
4. `reports` is what others report of mail in our name: DMARC (RFC 7489) and TLS (RFC 8460).

What asks the DNS and the network is `mailer.services.operation.doctor`.
"""
