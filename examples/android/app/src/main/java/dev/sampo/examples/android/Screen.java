package dev.sampo.examples.android;

import android.os.Bundle;
import android.view.View;

/** One of the tabs: a view and the presenter behind it. */
interface Screen {
  /** What is shown. */
  View view();

  /** Keeps what has been typed and shown over a rotation. */
  void save(Bundle state);

  /** Brings it back. */
  void restore(Bundle state);

  /** Stops the work; models are closed in the background. */
  void close();
}
