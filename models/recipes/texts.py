"""The texts that the models read: what each is, how it splits into documents, its licence, and its usual share.

A text is read some four times at most in 20M tokens: what is read more often is learnt by heart, and a model that has
learnt its texts by heart is sure of itself where people type something else (LOG.md).
"""

from __future__ import annotations

from .corpus import Text, by_blank_line, by_lines, by_mark, column, question_and_answer
from .generated import generated, recalled

MADE = 60_000  # documents of the grammar in each language: each planted fact as often as planted.py says
TOLD = 60_000  # and of those that ask for what they told

STORIES = Text("en_stories.txt", 0.24, by_mark, "TinyStories (sample)", "CDLA-Sharing-1.0")
STORIES_MORE = Text(
    "en_stories_more.txt",
    0.10,
    by_mark,
    "Pratham Books picture books; fairy tales of FairytaleQA; some TinyStories",
    "CC BY; public domain; CDLA-Sharing-1.0",
)
STORYBOOK = Text("en_storybook.txt", 0.025, by_blank_line, "African Storybook (English)", "CC BY 3.0/4.0")
CLASSICS = Text(
    "en_classics.txt",
    0.02,
    by_lines(20),
    "Alice in Wonderland; stories by S. C. Bryant, T. W. Burgess and M. Edgeworth",
    "public domain",
)
SENTENCES = Text(
    "en_sentences.txt",
    0.08,
    by_lines(1),
    "Sentences of Tatoeba and Common Voice",
    "CC BY 2.0 FR; CC0 1.0",
    short=True,
)
SENTENCES_MORE = Text(
    "en_sentences_more.txt", 0.15, by_lines(1), "More sentences of Tatoeba", "CC BY 2.0 FR", short=True
)
DIALOGUES = Text(
    "en_dialogues.txt",
    0.12,
    by_mark,
    "Dialogues of Schema-Guided Dialogue, Topical-Chat and XPersona",
    "CC BY-SA 4.0; CDLA-Sharing-1.0; MIT",
)
PROBLEMS = Text("en_problems.txt", 0.04, by_mark, "Word problems of GSM8K", "MIT", short=True)
SCENES = Text("en_scenes.txt", 0.01, by_lines(1), "Scenes of CommonGen", "MIT", short=True)
WIKI = Text("en_wiki.txt", 0.12, by_blank_line, "English Wikipedia (2015), short sentences", "CC BY-SA 3.0")
EN_MADE = generated("en", 0.04, MADE)
EN_TOLD = recalled("en", 0.055, TOLD)

KO_WIKI = Text("ko_wiki.txt", 0.20, by_mark, "Korean Wikipedia, prose", "CC BY-SA 3.0")
KO_EVERYDAY = Text("ko_everyday.txt", 0.22, by_blank_line, "Short everyday texts of KoBEST", "CC BY-SA 4.0", short=True)
KO_UTTERANCES = Text(
    "ko_utterances.txt", 0.15, by_lines(1), "Sentences of 3i4K, ParaKQC and StyleKQC", "CC BY-SA 4.0", short=True
)
KO_DIALOGUES = Text("ko_dialogues.txt", 0.11, by_mark, "Dialogues of HG-TODS, XPersona and others", "MIT")
KO_SENTENCES = Text(
    "ko_sentences.txt",
    0.05,
    by_lines(1),
    "Sentences of Question_pair, Common Voice, UD KSL, sae4k and two treebanks",
    "MIT; CC0 1.0; CC BY-SA 4.0",
    short=True,
)
KO_REVIEWS = Text("ko_reviews.tsv", 0.02, column(1), "Film reviews of NSMC", "CC0 1.0", short=True)
KO_CHAT = Text("ko_chat.csv", 0.06, question_and_answer, "Chatbot question-answer pairs (Korean)", "MIT", short=True)
KO_PAIRS = Text(
    "en_ko_pairs.tsv",
    0.03,
    column(2),
    "Korean side of Tatoeba, STS-B/KorSTS captions and African Storybook pairs",
    "CC BY 2.0 FR; CC BY-SA 4.0; CC BY",
    short=True,
)
KO_PAIRS_MORE = Text(
    "en_ko_pairs_more.tsv", 0.03, column(2), "Korean side of XPersona and JHE pairs", "MIT; CC BY-SA 3.0", short=True
)
KO_STORYBOOK = Text("ko_storybook.txt", 0.01, by_blank_line, "African Storybook (Korean)", "CC BY 3.0/4.0")
KO_MADE = generated("ko", 0.055, MADE)
KO_TOLD = recalled("ko", 0.065, TOLD)

ENGLISH = (
    STORIES,
    STORIES_MORE,
    STORYBOOK,
    CLASSICS,
    SENTENCES,
    SENTENCES_MORE,
    DIALOGUES,
    PROBLEMS,
    SCENES,
    WIKI,
    EN_MADE,
    EN_TOLD,
)
KOREAN = (
    KO_WIKI,
    KO_EVERYDAY,
    KO_UTTERANCES,
    KO_DIALOGUES,
    KO_SENTENCES,
    KO_REVIEWS,
    KO_CHAT,
    KO_PAIRS,
    KO_PAIRS_MORE,
    KO_STORYBOOK,
    KO_MADE,
    KO_TOLD,
)
