package dev.sampo.springai;

import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/** Options of a call that Spring AI 1 makes in another way. */
final class CallOptions {
  private CallOptions() {}

  /** A schema of the output. */
  static ChatOptions schema(String schema) {
    return StructuredOutputChatOptions.builder().outputSchema(schema).build();
  }

  /** A tool whose calls come back in the answer. */
  static ChatOptions callsBack(ToolCallback tool) {
    return ToolCallingChatOptions.builder().toolCallbacks(tool).build();
  }
}
