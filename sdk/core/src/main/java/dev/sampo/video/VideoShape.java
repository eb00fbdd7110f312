package dev.sampo.video;

import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.Shape;
import java.util.ArrayList;
import java.util.List;

/** The latents of a request: [batch, channels, frames, height, width]. */
record VideoShape(int batch, int channels, int frames, int height, int width) {
  int length() {
    return Math.multiplyExact(batch, sampleLength());
  }

  int sampleLength() {
    return Math.multiplyExact(channels, area());
  }

  /** Positions of a channel. */
  int area() {
    return Math.multiplyExact(frames, Math.multiplyExact(height, width));
  }

  Shape shape(int rows) {
    return Shape.of(rows, channels, frames, height, width);
  }

  /** [batch, channels, frames, height, width] to one batch a video, of its frames. */
  List<PictureBatch> split(float[] x) {
    int plane = height * width;
    List<PictureBatch> out = new ArrayList<>();
    for (int b = 0; b < batch; b++) {
      float[] one = new float[sampleLength()];
      for (int c = 0; c < channels; c++) {
        for (int f = 0; f < frames; f++) {
          int from = ((b * channels + c) * frames + f) * plane;
          System.arraycopy(x, from, one, (f * channels + c) * plane, plane);
        }
      }
      out.add(PictureBatch.of(frames, channels, height, width, one));
    }
    return out;
  }
}
