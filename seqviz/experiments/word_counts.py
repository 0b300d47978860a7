"""What counting words can say about a text: the baseline of every network that reads them in order."""

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from seqviz.data.labelled_texts import LabelledTexts, Words


def counting_words(data: LabelledTexts, together: int = 1) -> float:
    """The accuracy of logistic regression on the held-out texts, by how often words occur, weighted by tf-idf.

    With `together=2`, pairs of words that follow each other count as well.
    """
    counter = TfidfVectorizer(ngram_range=(1, together), tokenizer=str.split, token_pattern=None, sublinear_tf=True)
    model = LogisticRegression(C=3.0, max_iter=2000)
    model.fit(counter.fit_transform(_joined(data.train)), data.train_labels)
    return float(model.score(counter.transform(_joined(data.test)), data.test_labels))


def _joined(texts: Sequence[Words]) -> list[str]:
    return [" ".join(words) for words in texts]
