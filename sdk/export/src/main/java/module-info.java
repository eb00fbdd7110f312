/** ONNX graphs from weights: enter at {@code dev.sampo.export.GraphExport}. */
module dev.sampo.export {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires dev.sampo.onnx;
  requires com.fasterxml.jackson.databind;
  requires com.google.protobuf;

  provides dev.sampo.model.spi.GraphMaker with
      dev.sampo.export.CachedExport;

  exports dev.sampo.export;
  exports dev.sampo.export.optimize;
  exports dev.sampo.export.quantize;
  exports dev.sampo.export.weights;
}
