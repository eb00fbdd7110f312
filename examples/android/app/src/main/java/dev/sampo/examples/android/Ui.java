package dev.sampo.examples.android;

import android.content.Context;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;
import java.util.Locale;

/** Views without layout files, so that the screens also run where resources cannot be compiled. */
final class Ui {
  private Ui() {}

  static LinearLayout column(Context context) {
    LinearLayout column = new LinearLayout(context);
    column.setOrientation(LinearLayout.VERTICAL);
    int padding = px(context, 12);
    column.setPadding(padding, padding, padding, padding);
    return column;
  }

  static LinearLayout row(Context context, View... views) {
    LinearLayout row = new LinearLayout(context);
    for (View view : views) {
      row.addView(view, new LinearLayout.LayoutParams(0, ViewGroup.LayoutParams.WRAP_CONTENT, 1));
    }
    return row;
  }

  static Button button(Context context, String label, Runnable action) {
    Button button = new Button(context);
    button.setText(label);
    button.setOnClickListener(view -> action.run());
    return button;
  }

  static EditText input(Context context, String text, String hint) {
    EditText input = new EditText(context);
    input.setText(text);
    input.setHint(hint);
    input.setMaxLines(5);
    return input;
  }

  static TextView text(Context context) {
    TextView text = new TextView(context);
    text.setTextIsSelectable(true);
    return text;
  }

  /** Takes the rest of the column. */
  static LinearLayout.LayoutParams rest() {
    return new LinearLayout.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, 0, 1);
  }

  static int px(Context context, int dp) {
    return Math.round(dp * context.getResources().getDisplayMetrics().density);
  }

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
