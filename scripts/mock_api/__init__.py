"""The bundled APIs: a Stripe-compatible payments server and a Zephyr Enterprise server.

Their data is a pure function of a `World` (seed, scale, first day, clock): nothing is stored, so a
server that is started again with the same world answers the same bytes.
"""
