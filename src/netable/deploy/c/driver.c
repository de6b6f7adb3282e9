/* A program that reads rows, and writes what the file beside it predicts. Texts are their length in 8 bytes, -1 for none,
   and their bytes, with a zero behind those of rows; all else has 8 bytes. */
#define NETABLE_DECLARATIONS
#include "model.c"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(char **at)
{
    int64_t length;
    char *start = *at + 8;

    memcpy(&length, *at, 8);
    *at = start + (length < 0 ? 0 : length + 1);
    return length < 0 ? NULL : start;
}

static void put_text(const char *content)
{
    int64_t length = (int64_t)strlen(content);

    fwrite(&length, 8, 1, stdout);
    fwrite(content, 1, (size_t)length, stdout);
}

int main(int count, char **arguments)
{
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
    int64_t size = count > 2 ? atoll(arguments[2]) : 0;
    char *rows = malloc((size_t)size + 1), *at = rows;

    (void)text;
    (void)put_text;
    if (!file || !rows || fread(rows, 1, (size_t)size, file) != (size_t)size)
        return 1;
    while (at < rows + size) {
        struct row row;
        struct outcome outcome;

        /* read */
        predict(&row, &outcome);
        /* write */
    }
    return 0;
}
