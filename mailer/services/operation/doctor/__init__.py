"""Looks whether mail leaves, arrives and is trusted, and says what to do: `mailer doctor`.

1. `examining.Doctor` is what front ends call. It runs the checks beside one another, each within
   its own time, and keeps what they found (`store.deliverability.examinations`).
2. `sending`, `receiving`, `relays`, `web` and `machine` are the checks. They ask and look; what
   they saw is judged by `mailer.domain.deliverability`.
3. `names` asks the DNS, `bounded` runs it all so that nothing that hangs keeps anybody waiting.
4. `publishing` makes the DNS records to publish, `trial` sends a test message through each relay.

Mail that reports of DMARC and TLS come in is read by `mailer.services.inbound.domain_reports`.
"""
