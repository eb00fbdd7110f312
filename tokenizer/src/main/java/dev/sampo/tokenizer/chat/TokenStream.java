package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.chat.Lexer.Kind;
import dev.sampo.tokenizer.chat.Lexer.Token;
import java.util.List;

/** The words of a template, one after the other. */
class TokenStream {
  private static final int MAX_DEPTH = 100;

  private final List<Token> tokens;
  private int at;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  final Token token() {
    return tokens.get(at);
  }

  final Token following(int n) {
    return tokens.get(Math.min(at + n, tokens.size() - 1));
  }

  final Token advance() {
    Token t = token();
    at = Math.min(at + 1, tokens.size() - 1);
    return t;
  }

  final void back(int n) {
    at -= n;
  }

  final ChatTemplateException error(String what) {
    return new ChatTemplateException("Chat template, line " + token().line + ": " + what);
  }

  final ChatTemplateException unexpected() {
    return error("unexpected " + shown(token()));
  }

  private static String shown(Token t) {
    return t.text.isEmpty() ? String.valueOf(t.kind) : "'" + t.text + "'";
  }

  /** Goes one deeper into nested parts; {@link #leave} comes back. */
  final void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("nested more than " + MAX_DEPTH + " deep");
    }
  }

  final void leave() {
    depth--;
  }

  final boolean isOperator(String operator) {
    return token().kind == Kind.OPERATOR && token().text.equals(operator);
  }

  final boolean take(String operator) {
    if (isOperator(operator)) {
      advance();
      return true;
    }
    return false;
  }

  final void expect(String operator) {
    if (!take(operator)) {
      throw error("expected '" + operator + "', got " + shown(token()));
    }
  }

  final void expect(Kind kind) {
    if (token().kind != kind) {
      throw error("expected " + kind + ", got " + shown(token()));
    }
    advance();
  }

  final boolean isName(String word) {
    return token().kind == Kind.NAME && token().text.equals(word);
  }

  final boolean takeName(String word) {
    if (isName(word)) {
      advance();
      return true;
    }
    return false;
  }

  final void expectName(String word) {
    if (!takeName(word)) {
      throw error("expected '" + word + "', got " + shown(token()));
    }
  }

  final String name() {
    if (token().kind != Kind.NAME) {
      throw error("expected a name, got " + shown(token()));
    }
    return advance().text;
  }
}
