/** Tensors in the memory of a GPU, by ONNX Runtime's C API. Nothing to call: core finds it. */
module dev.sampo.device {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.core;
  requires com.microsoft.onnxruntime;
  requires com.sun.jna;

  provides dev.sampo.runtime.spi.DeviceSupport with
      dev.sampo.device.CApiSupport;

  // JNA reads the fields of structures.
  opens dev.sampo.device to
      com.sun.jna;
}
