package dev.sampo.examples.android;

import android.content.Context;
import android.graphics.Bitmap;
import android.graphics.drawable.BitmapDrawable;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.ImageView;
import android.widget.LinearLayout;
import android.widget.NumberPicker;
import android.widget.ProgressBar;
import android.widget.TextView;
import dev.sampo.android.Bitmaps;
import dev.sampo.picture.Pixels;
import org.jspecify.annotations.Nullable;

/** A digit, drawn at once by a GAN or step by step by diffusion. */
final class DigitsScreen implements Screen, DigitsPresenter.View {
  private static final int STEPS = 25;
  private static final String DRAWING = "Drawing …";

  private final LinearLayout root;
  private final NumberPicker digit;
  private final Button gan;
  private final Button diffusion;
  private final Button stop;
  private final ProgressBar progress;
  private final ImageView image;
  private final TextView status;
  private final Context context;
  private final DigitsPresenter presenter;
  private @Nullable Bitmap bitmap;

  DigitsScreen(Context context, Worker worker, AppFiles files) {
    this.context = context;
    presenter = new DigitsPresenter(worker, files, this);
    digit = new NumberPicker(context);
    digit.setMinValue(0);
    digit.setMaxValue(9);
    digit.setValue(7);
    gan = Ui.button(context, "GAN", () -> draw(DigitsPresenter.Kind.GAN, System.nanoTime()));
    diffusion =
        Ui.button(
            context, "Diffusion", () -> draw(DigitsPresenter.Kind.DIFFUSION, System.nanoTime()));
    stop = Ui.button(context, "Stop", presenter::stop);
    progress = new ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal);
    image = new ImageView(context);
    image.setScaleType(ImageView.ScaleType.FIT_CENTER);
    image.setContentDescription("The digit");
    status = Ui.text(context);
    root = Ui.column(context);
    root.addView(digit);
    root.addView(Ui.row(context, gan, diffusion, stop));
    root.addView(progress);
    root.addView(status);
    root.addView(image, Ui.rest());
    onRunning(false);
  }

  /** Draws the chosen digit. */
  void draw(DigitsPresenter.Kind kind, long seed) {
    presenter.draw(kind, digit.getValue(), seed, STEPS);
  }

  @Override
  public void onRunning(boolean running) {
    gan.setEnabled(!running);
    diffusion.setEnabled(!running);
    stop.setEnabled(running);
    if (running) {
      progress.setProgress(0);
      status.setText(DRAWING);
    } else if (DRAWING.contentEquals(status.getText())) {
      status.setText(""); // stopped before there was anything to show
    }
  }

  @Override
  public void onProgress(int done, int total) {
    progress.setMax(total);
    progress.setProgress(done);
    status.setText(Ui.format("Step %d of %d", done, total));
  }

  @Override
  public void onPicture(Pixels picture) {
    if (bitmap != null
        && bitmap.getWidth() == picture.widthPx()
        && bitmap.getHeight() == picture.heightPx()) {
      Bitmaps.copy(picture, bitmap);
      image.invalidate();
      return;
    }
    bitmap = Bitmaps.of(picture);
    BitmapDrawable drawable = new BitmapDrawable(context.getResources(), bitmap);
    // Large pixels instead of a blur.
    drawable.setFilterBitmap(false);
    image.setImageDrawable(drawable);
  }

  @Override
  public void onError(String message) {
    status.setText(message);
  }

  @Override
  public View view() {
    return root;
  }

  /** The picture that is shown; null before the first. */
  @Nullable Bitmap bitmap() {
    return bitmap;
  }

  @Override
  public void save(Bundle state) {
    state.putInt("digit", digit.getValue());
    state.putParcelable("picture", bitmap);
  }

  @Override
  public void restore(Bundle state) {
    digit.setValue(state.getInt("digit"));
    Bitmap saved = state.getParcelable("picture");
    if (saved != null) {
      onPicture(Bitmaps.pixels(saved, 1));
    }
  }

  @Override
  public void close() {
    presenter.close();
  }
}
