"""Playing along: a player's phrase comes in at a MIDI port, and what follows goes out of another, in time.

`grid` says where bars lie in seconds and `tempo` hears it from the player; `phrase` keeps what was played, `stream` and
`writer` turn the model's tokens into notes while it writes; `scheduler` sends them at their moment, `jam` decides who
plays when, `session` keeps it going, `ports` are the doors and `rehearsal` measures the whole with a scripted player.
Times are seconds of one monotonic clock (`time.perf_counter`), MIDI messages are bytes.
"""
