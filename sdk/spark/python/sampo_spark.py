"""Sampo's transformers for PySpark: thin faces of the JVM's, put sampo-spark-assembly.jar on --jars.

    from sampo_spark import TextGeneration
    texts = TextGeneration(inputCol="prompt", model="scripture-gpt", maxNewTokens=24, doSample=True).transform(prompts)
"""

from pyspark.ml.wrapper import JavaTransformer


class _Sampo(JavaTransformer):
    """Keyword arguments are the names of the JVM transformer's parameters; an unknown one is an error."""

    _java = None

    def __init__(self, **params):
        super().__init__()
        self._java_obj = self._new_java_obj("dev.sampo.spark." + self._java, self.uid)
        for name, value in params.items():
            self.set_param(name, value)

    def set_param(self, name, value):
        """Sets one parameter, such as ``set_param("topK", 40)``, and gives the transformer back."""
        setter = "set" + name[0].upper() + name[1:]
        if not self._java_obj.hasParam(name):
            known = ", ".join(p.name() for p in self._java_obj.params())
            raise ValueError(f"{self._java} has no parameter {name}; it has {known}")
        getattr(self._java_obj, setter)(value)
        return self

    def _transfer_params_to_java(self):
        """All parameters live on the JVM's side."""


class TextGeneration(_Sampo):
    """Text that goes on from a prompt."""

    _java = "TextGeneration"


class Translation(_Sampo):
    """Text by an encoder and a decoder."""

    _java = "Translation"


class Embeddings(_Sampo):
    """Vectors of texts."""

    _java = "Embeddings"


class Score(_Sampo):
    """How likely a language model finds a text."""

    _java = "Score"


class ImageGeneration(_Sampo):
    """A PNG for each row."""

    _java = "ImageGeneration"


class Anomaly(_Sampo):
    """How strange a picture is to a model."""

    _java = "Anomaly"
