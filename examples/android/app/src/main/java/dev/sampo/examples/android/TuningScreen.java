package dev.sampo.examples.android;

import android.content.Context;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.ProgressBar;
import android.widget.ScrollView;
import android.widget.TextView;

/** A text to learn, the loss while it is learned, and what the model writes then. */
final class TuningScreen implements Screen, TuningPresenter.View {
  private static final int STEPS = 50;
  private static final String PREPARING = "Preparing …";

  private final LinearLayout root;
  private final EditText text;
  private final Button train;
  private final Button stop;
  private final Button forget;
  private final ProgressBar progress;
  private final TextView status;
  private final TextView sample;
  private final TuningPresenter presenter;
  private String reached = "";
  private long checkpoint;

  TuningScreen(Context context, Worker worker, AppFiles files) {
    presenter = new TuningPresenter(worker, files, this);
    text = Ui.input(context, "", "A text to learn; empty for ninety-five old sayings");
    train = Ui.button(context, "Train", this::train);
    stop = Ui.button(context, "Stop", presenter::stop);
    forget = Ui.button(context, "Forget", presenter::forget);
    progress = new ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal);
    status = Ui.text(context);
    sample = Ui.text(context);
    ScrollView scroll = new ScrollView(context);
    scroll.addView(sample);
    root = Ui.column(context);
    root.addView(text);
    root.addView(Ui.row(context, train, stop, forget));
    root.addView(progress);
    root.addView(status);
    root.addView(scroll, Ui.rest());
    onRunning(false);
  }

  private void train() {
    presenter.train(text.getText().toString(), STEPS);
  }

  @Override
  public void onRunning(boolean running) {
    train.setEnabled(!running);
    forget.setEnabled(!running);
    stop.setEnabled(running);
    if (running) {
      status.setText(PREPARING);
    } else if (PREPARING.contentEquals(status.getText())) {
      status.setText(""); // stopped before there was anything to show
    }
  }

  @Override
  public void onStep(long step, long total, float loss) {
    progress.setMax((int) total);
    progress.setProgress((int) step);
    reached = Ui.format("Step %d of %d, loss %.3f", step, total, loss);
    showReached();
  }

  private void showReached() {
    status.setText(Ui.format("%s, checkpoint %d", reached, checkpoint));
  }

  @Override
  public void onCheckpoint(long step) {
    checkpoint = step;
    showReached();
  }

  @Override
  public void onSample(String written) {
    sample.setText(written);
  }

  @Override
  public void onEnd(long step, boolean stopped) {
    status.append(
        Ui.format("\n%s. Training goes on at step %d.", stopped ? "Stopped" : "Done", step));
  }

  @Override
  public void onForgotten() {
    checkpoint = 0;
    progress.setProgress(0);
    sample.setText("");
    status.setText("What was learned is forgotten.");
  }

  @Override
  public void onError(String message) {
    status.setText(message);
  }

  @Override
  public View view() {
    return root;
  }

  @Override
  public void save(Bundle state) {
    state.putString("text", text.getText().toString());
    state.putString("sample", sample.getText().toString());
  }

  @Override
  public void restore(Bundle state) {
    text.setText(state.getString("text", ""));
    sample.setText(state.getString("sample", ""));
  }

  @Override
  public void close() {
    presenter.close();
  }
}
