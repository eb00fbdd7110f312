package dev.sampo.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StreamingCancelTest {
  @Test
  void handle_cancelledAfterFivePieces_tellsNothingMore() throws Exception {
    AtomicInteger pieces = new AtomicInteger();
    AtomicInteger ends = new AtomicInteger();
    CountDownLatch fifth = new CountDownLatch(1);
    StreamingChatResponseHandler handler =
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            if (pieces.incrementAndGet() == 5) {
              assertFalse(context.streamingHandle().isCancelled());
              context.streamingHandle().cancel();
              context.streamingHandle().cancel();
              fifth.countDown();
            }
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            ends.incrementAndGet();
          }

          @Override
          public void onError(Throwable error) {
            ends.incrementAndGet();
          }
        };
    try (SampoStreamingChatModel model =
        SampoStreamingChatModel.builder().generator(Quiz.GENERATOR).build()) {
      model.chat(
          ChatRequest.builder()
              .messages(UserMessage.from("Tell me a long story about animals"))
              .build(),
          handler);
      assertTrue(fifth.await(30, TimeUnit.SECONDS));
      // While another answer is told to its end, nothing more comes of the one that was given up.
      CompletableFuture<ChatResponse> other = new CompletableFuture<>();
      model.chat("Say 'Hello World'", whole(other));
      assertEquals("Hello World", other.get(30, TimeUnit.SECONDS).aiMessage().text());
      assertEquals(5, pieces.get());
      assertEquals(0, ends.get());
    }
  }

  private static StreamingChatResponseHandler whole(CompletableFuture<ChatResponse> answer) {
    return new StreamingChatResponseHandler() {
      @Override
      public void onCompleteResponse(ChatResponse response) {
        answer.complete(response);
      }

      @Override
      public void onError(Throwable error) {
        answer.completeExceptionally(error);
      }
    };
  }
}
