package dev.sampo.video;

import dev.sampo.internal.Sizes;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.Shape;
import java.util.ArrayList;
import java.util.List;

/** The latents of a request: [batch, channels, frames, height, width]. */
record VideoShape(int batch, int channels, int frames, int height, int width) {
  int length() {
    return Sizes.elements("count", "Videos", batch, sampleLength());
  }

  int sampleLength() {
    return Sizes.elements("numFrames", "A video", channels, frames, height, width);
  }

  /** Positions of a channel. */
  int area() {
    return Sizes.elements("numFrames", "A video", frames, height, width);
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
