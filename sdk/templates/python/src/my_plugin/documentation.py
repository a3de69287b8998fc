"""What the host serves to whoever wants to use the topics and services of this plugin: Markdown."""

DOCUMENTATION = """# My Plugin

What is your message to the world? A message is a PushDrop token with the lock before the data and two fields,

1. the message, at least 2 bytes;
2. a DER signature over SHA-256 of the message, made with the key that locks the token.
"""
# role topic-manager

DOCUMENTATION += """
## `tm_my_plugin`

Admits every output that is a message. Nothing is retained: a spent message is gone from the topic. A transaction without any
message is refused, unless it spends earlier ones.
"""
# end role
# role basket-manager

DOCUMENTATION += """
## `my_plugin/messages`

A basket of all unspent messages. A message is one token; its owner is the key that locks it.
"""
# end role
# role lookup-service

DOCUMENTATION += """
## `ls_my_plugin`

A query is a JSON object with any of these fields. `{"findAll": true}`, `{}` and the text `"findAll"` ask for everything.

| field | meaning |
|---|---|
| `message` | only messages with exactly this text |
| `startDate`, `endDate` | only messages admitted from then on and until then, both included: ISO 8601 or milliseconds since 1970 |
| `sortOrder` | `"desc"` (newest first, the default) or `"asc"` |
| `limit` | 1 to 1,000, otherwise 50 |
| `skip` | 0 to 10,000; to go further back, move `endDate` |

The answer is a list of outputs, each an unspent message.
"""
# end role
