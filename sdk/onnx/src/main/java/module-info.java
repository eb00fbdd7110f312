/** ONNX graphs as data: enter at {@code dev.sampo.onnx.GraphBuilder}. */
module dev.sampo.onnx {
  // protobuf reads memory by sun.misc.Unsafe and has no module descriptor to say so.
  requires jdk.unsupported;
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires transitive com.google.protobuf;
  requires com.microsoft.onnxruntime;

  exports dev.sampo.onnx;
  exports dev.sampo.onnx.proto;
}
