with

invoices as (

    {{ newest_versions('payments', 'invoices') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'invoice'

),

renamed as (

    select
        -- ids
        id as invoice_id,
        customer as customer_id,
        coalesce(subscription, {{ json_value('parent', '$.subscription_details.subscription') }})
            as subscription_id,
        payment_intent as payment_intent_id,
        charge as charge_id,

        -- strings
        number as invoice_number,
        currency,
        status,
        billing_reason,
        collection_method,

        -- numerics
        amount_due,
        amount_paid,
        coalesce(amount_remaining, amount_due - amount_paid) as amount_remaining,
        subtotal,
        total,
        attempt_count,

        -- booleans
        _is_deleted as is_deleted,
        coalesce(paid, status = 'paid') as is_paid,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds('due_date') }} as due_at,
        {{ from_epoch_seconds('period_start') }} as period_start_at,
        {{ from_epoch_seconds('period_end') }} as period_end_at,
        {{ seconds_at('status_transitions', '$.finalized_at') }} as finalized_at,
        {{ seconds_at('status_transitions', '$.paid_at') }} as paid_at,
        {{ seconds_at('status_transitions', '$.voided_at') }} as voided_at,
        {{
            seconds_at('status_transitions', '$.marked_uncollectible_at')
        }} as marked_uncollectible_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from invoices

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
