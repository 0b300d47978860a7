"""Sampling: a character model writes, and every character is a choice that can be looked into."""

from seqviz.ui.sampling import learn, temperature, units, write
from seqviz.ui.shell.frame import plain_errors
from seqviz.ui.shell.stage import closing, opening_with_views
from seqviz.ui.shell.url import pick

VIEWS = {
    "write": "Write",
    "heat": "Turn the temperature",
    "learn": "Train live",
    "units": "Read the units",
}
NOTICE = {
    "one": [
        "The network knows characters and nothing else. After each one it gives every character a probability, one is "
        "drawn, and the draw becomes its next input.",
        "Most surprise lies at the beginnings of words. Once a word has begun, the rest of it often follows.",
        "One character changed by hand changes everything behind it, although the noise stays the same.",
    ],
    "four": [
        "Where the network is sure, temperature changes nothing: all columns get the same character.",
        "Where they part, the noise is still shared, but each has another text behind it from there on.",
    ],
    "beam": [
        "The likeliest text is duller than any that is drawn: it says what is always safe to say, and says it again.",
        "Its surprise is far below that of a drawn text. Real texts surprise about as much as drawn ones.",
    ],
    "heat": [
        "T divides the logits before the softmax. Near 0 all goes to the likeliest character; at 1 the network speaks "
        "for itself; above, unlikely characters get more than it meant.",
        "Cold text falls into loops: the likeliest character leads back to where it has been.",
    ],
    "learn": [
        "The first thing that is learned is how often each character comes: the loss falls to that line at once.",
        "Then come spaces and short words, then spelling, then layout. Sense never comes.",
    ],
    "units": [
        "Nobody told a unit to count brackets: it does so because the next character depends on it.",
        "Most units follow nothing that has a name. A property is as a rule spread over many units.",
    ],
}
QUESTION = {
    "one": "Find a character with high entropy and one with low. What decides how sure the network can be?",
    "four": "At which temperature would you let it write a poem, and at which a program? Why not the same?",
    "beam": "Why does the search repeat itself, although every step takes what is likeliest?",
    "heat": "At which temperature does the share of real words begin to fall? Does it fall where the loops end?",
    "learn": "Train on a page of your own. How low does the loss on it fall, and how low on the held-out part? Why?",
    "units": "Find a unit that switches inside quotes. Is it high or low there, and does it ever make a mistake?",
}

SENTENCE = (
    "A network that has read a text character by character writes a new one: watch every choice, turn the "
    "temperature, take another road, and see what its units keep in mind."
)

view = opening_with_views("Sampling", SENTENCE, VIEWS, "sampling")
with plain_errors():
    if view == "write":
        view = pick("Show", list(write.SHOWS), "show", names=write.SHOWS.__getitem__)
        write.write(view)
    else:
        {"heat": temperature.turn, "learn": learn.learn, "units": units.units}[view]()
closing(SENTENCE, NOTICE[view], QUESTION[view])
