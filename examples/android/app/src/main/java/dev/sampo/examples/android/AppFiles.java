package dev.sampo.examples.android;

import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.file.Path;

/** The files of the app. All methods are slow. */
interface AppFiles {
  /** The folder of a model that came with the app; copied out of the assets when it is asked for first. */
  Path model(String name, CancellationToken token) throws IOException;

  /** The text that the app brings for fine-tuning. */
  String sampleText() throws IOException;

  /** A folder of its own for what is trained: checkpoints, the tuned model. */
  Path tuned() throws IOException;
}
