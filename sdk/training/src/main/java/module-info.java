/** Fine-tuning: enter at {@code dev.sampo.training.FineTuning}. */
module dev.sampo.training {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires transitive dev.sampo.onnx;
  requires transitive com.fasterxml.jackson.databind;
  requires com.microsoft.onnxruntime;
  requires flatbuffers.java;
  requires org.slf4j;

  exports dev.sampo.training;
  exports dev.sampo.training.artifacts;
  exports dev.sampo.training.autodiff;
  exports dev.sampo.training.data;
  exports dev.sampo.training.files;
  exports dev.sampo.training.graph;
  exports dev.sampo.training.loss;
  exports dev.sampo.training.plain;
  exports dev.sampo.training.recipe;
  exports dev.sampo.training.run;
}
