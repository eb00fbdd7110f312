package dev.sampo.examples.android;

import android.content.Context;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.ScrollView;
import android.widget.TextView;

/** A prompt, and the text that follows it while it is written. */
final class TextScreen implements Screen, TextPresenter.View {
  private static final String LOADING = "Loading …";

  private final LinearLayout root;
  private final EditText prompt;
  private final Button write;
  private final Button stop;
  private final TextView output;
  private final TextView status;
  private final TextPresenter presenter;

  TextScreen(Context context, Worker worker, AppFiles files) {
    presenter = new TextPresenter(worker, files, this);
    prompt = Ui.input(context, "And the king said", "How it begins");
    write = Ui.button(context, "Write", this::write);
    stop = Ui.button(context, "Stop", presenter::stop);
    output = Ui.text(context);
    status = Ui.text(context);
    ScrollView scroll = new ScrollView(context);
    scroll.addView(output);
    root = Ui.column(context);
    root.addView(prompt);
    root.addView(Ui.row(context, write, stop));
    root.addView(status);
    root.addView(scroll, Ui.rest());
    onRunning(false);
  }

  private void write() {
    presenter.generate(prompt.getText().toString(), System.nanoTime());
  }

  @Override
  public void onRunning(boolean running) {
    write.setEnabled(!running);
    stop.setEnabled(running);
    if (running) {
      status.setText(LOADING);
    } else if (LOADING.contentEquals(status.getText())) {
      status.setText(""); // stopped before there was anything to show
    }
  }

  @Override
  public void onText(String text) {
    status.setText("Writing …");
    output.setText(text);
  }

  @Override
  public void onPiece(String piece) {
    output.append(piece);
  }

  @Override
  public void onEnd(int tokenCount, double tokensPerSecond, boolean stopped) {
    status.setText(
        Ui.format(
            "%s after %d tokens, %.0f a second",
            stopped ? "Stopped" : "Done", tokenCount, tokensPerSecond));
  }

  @Override
  public void onError(String message) {
    status.setText(message);
  }

  /** The text that is shown, its prompt included. */
  String written() {
    return output.getText().toString();
  }

  @Override
  public View view() {
    return root;
  }

  @Override
  public void save(Bundle state) {
    state.putString("prompt", prompt.getText().toString());
    state.putString("text", written());
  }

  @Override
  public void restore(Bundle state) {
    prompt.setText(state.getString("prompt", ""));
    output.setText(state.getString("text", ""));
  }

  @Override
  public void close() {
    presenter.close();
  }
}
