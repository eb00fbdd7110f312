package dev.sampo.server.openai;

/**
 * Lets an answer's text through up to where the call of a tool could begin: what follows is shown as text only once it is known to be none. Leading
 * and trailing white space goes. Belongs to one answer.
 */
final class CallHold {
  private static final String[] MARKS = {"<tool_call>", "[TOOL_CALLS]", "<|python_tag|>"};

  private final boolean tools;
  private final StringBuilder held = new StringBuilder();
  private boolean begun;
  private boolean holding;

  /** @param tools whether there may be calls; otherwise only white space goes */
  CallHold(boolean tools) {
    this.tools = tools;
  }

  /** Takes a piece; gives what is settled. */
  String add(String piece) {
    held.append(piece);
    if (!begun) {
      int from = 0;
      while (from < held.length() && Character.isWhitespace(held.charAt(from))) {
        from++;
      }
      held.delete(0, from);
    }
    if (held.length() == 0 || holding) {
      return "";
    }
    if (tools && !begun && (held.charAt(0) == '{' || held.charAt(0) == '[')) {
      // Llama's calls have no mark, and Mistral's is a special token, which texts do not show.
      holding = true;
      return "";
    }
    int settled = settled();
    while (settled > 0 && Character.isWhitespace(held.charAt(settled - 1))) {
      settled--;
    }
    String out = held.substring(0, settled);
    held.delete(0, settled);
    begun |= !out.isEmpty();
    return out;
  }

  private int settled() {
    if (!tools) {
      return held.length();
    }
    int settled = held.length();
    for (String mark : MARKS) {
      int at = held.indexOf(mark);
      if (at >= 0) {
        holding = true;
        settled = Math.min(settled, at);
      } else {
        settled = Math.min(settled, held.length() - StopCut.overlap(held, mark));
      }
    }
    return settled;
  }

  /** No more comes; gives what was held back, unless it was a call. */
  String finish(boolean called) {
    String rest = held.toString().replaceFirst("\\s+$", "");
    held.setLength(0);
    return called ? "" : rest;
  }
}
