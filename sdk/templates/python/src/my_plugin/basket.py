"""The basket manager: every message is one token, owned by the key that locks it."""

import trellis_plugin
from trellis_plugin import Create, Organising, Token

from .message import NoMessage, read_message

#: As `trellis.toml` names it.
BASKET = "my_plugin/messages"


class BasketManager(trellis_plugin.BasketManager):
    # Tokens that are spent leave the basket by themselves.
    def operations(self, organising: Organising) -> list[Create]:
        created = []
        for admitted in organising.admitted:
            try:
                token = read_message(organising.transaction.outputs[admitted.output_index].locking_script)
            except NoMessage:
                continue
            owner = token.locking_public_key.hex()
            created.append(Create(admitted.output_index, Token(BASKET, "message", 1, owner)))
        return created
