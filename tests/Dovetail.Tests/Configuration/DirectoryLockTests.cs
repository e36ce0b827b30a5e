using Dovetail.Configuration;

namespace Dovetail.Tests.Configuration;

public sealed class DirectoryLockTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public void One_holder_at_a_time()
    {
        using (var first = DirectoryLock.TryTake(_directory))
        {
            Assert.NotNull(first);
            Assert.Null(DirectoryLock.TryTake(_directory));
        }

        using var next = DirectoryLock.TryTake(_directory);
        Assert.NotNull(next);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
