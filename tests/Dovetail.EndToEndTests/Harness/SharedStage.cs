namespace Dovetail.EndToEndTests.Harness;

/// <summary>What all tests of a class share: set up once, by <see cref="SetUpAsync"/>, and taken away whole also when that fails.</summary>
public abstract class SharedStage(Engine engine) : EndToEndTest(engine)
{
    public sealed override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        try
        {
            await SetUpAsync();
        }
        catch
        {
            // xunit disposes only what was set up to the end.
            await DisposeAsync();
            throw;
        }
    }

    protected abstract Task SetUpAsync();
}
