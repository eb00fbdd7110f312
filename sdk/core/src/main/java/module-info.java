/** Generative models on ONNX Runtime: enter at {@code dev.sampo.Sampo}. */
module dev.sampo.core {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.error;
  requires transitive dev.sampo.tokenizer;
  requires transitive dev.sampo.samplers;
  requires transitive dev.sampo.specs;
  requires transitive com.fasterxml.jackson.databind;
  requires com.microsoft.onnxruntime;
  requires org.slf4j;

  uses dev.sampo.model.spi.GraphMaker;
  uses dev.sampo.runtime.spi.DeviceSupport;

  exports dev.sampo;
  exports dev.sampo.diffusion;
  exports dev.sampo.diffusion.staged;
  exports dev.sampo.embedding;
  exports dev.sampo.io;
  exports dev.sampo.model;
  exports dev.sampo.model.spi;
  exports dev.sampo.molecule;
  exports dev.sampo.picture;
  exports dev.sampo.runtime;
  exports dev.sampo.runtime.spi;
  exports dev.sampo.series;
  exports dev.sampo.sound;
  exports dev.sampo.stroke;
  exports dev.sampo.text;
  exports dev.sampo.text.batch;
  exports dev.sampo.tune;
  exports dev.sampo.video;
}
