package dev.sampo.examples.android;

import android.app.Activity;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.widget.FrameLayout;
import android.widget.LinearLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Three tabs. Rotation destroys the activity: running work is cancelled then, and models are closed in the background; what was shown is
 * kept.
 */
public class MainActivity extends Activity {
  private static final String TAB = "tab";

  private final List<Screen> screens = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private int tab;

  @Override
  protected void onCreate(Bundle state) {
    super.onCreate(state);
    Executor main = new Handler(Looper.getMainLooper())::post;
    AppFiles files = files();
    screens.add(new TextScreen(this, worker("text", main), files));
    screens.add(new DigitsScreen(this, worker("digits", main), files));
    screens.add(new TuningScreen(this, worker("tuning", main), files));

    FrameLayout content = new FrameLayout(this);
    for (Screen screen : screens) {
      content.addView(screen.view());
    }
    LinearLayout root = Ui.column(this);
    root.setFitsSystemWindows(true);
    root.addView(
        Ui.row(
            this,
            Ui.button(this, "Text", () -> show(0)),
            Ui.button(this, "Digits", () -> show(1)),
            Ui.button(this, "Tuning", () -> show(2))));
    root.addView(content, Ui.rest());
    setContentView(root);

    if (state != null) {
      for (int i = 0; i < screens.size(); i++) {
        Bundle own = state.getBundle(TAB + i);
        if (own != null) {
          screens.get(i).restore(own);
        }
      }
      tab = state.getInt(TAB);
    }
    show(tab);
  }

  private Worker worker(String name, Executor main) {
    Worker worker = new Worker("sampo-" + name, main);
    workers.add(worker);
    return worker;
  }

  /** Where models come from; a test gives its own. */
  AppFiles files() {
    return new InstalledFiles(this);
  }

  /** The tabs, for tests. */
  List<Screen> screens() {
    return screens;
  }

  /** The threads of the tabs, for tests. */
  List<Worker> workers() {
    return workers;
  }

  private void show(int index) {
    tab = index;
    for (int i = 0; i < screens.size(); i++) {
      screens.get(i).view().setVisibility(i == index ? View.VISIBLE : View.GONE);
    }
  }

  @Override
  protected void onSaveInstanceState(Bundle state) {
    super.onSaveInstanceState(state);
    state.putInt(TAB, tab);
    for (int i = 0; i < screens.size(); i++) {
      Bundle own = new Bundle();
      screens.get(i).save(own);
      state.putBundle(TAB + i, own);
    }
  }

  @Override
  protected void onDestroy() {
    for (Screen screen : screens) {
      screen.close();
    }
    super.onDestroy();
  }
}
