"""A server that misbehaves on purpose, and the proofs that the client stands it."""
