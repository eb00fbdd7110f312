package dev.sampo.training.graph;

/** What runs a training graph. */
public enum Backend {
  /** Plain graphs of standard operators: any ONNX Runtime, Android and CUDA too. */
  PLAIN,
  /** ONNX Runtime's training session; needs a library built with training, see {@code NativeTraining}. */
  ORT_TRAINING
}
